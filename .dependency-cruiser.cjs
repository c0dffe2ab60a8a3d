module.exports={forbidden:[],options:{}}
