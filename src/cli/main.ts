console.log("postern");
